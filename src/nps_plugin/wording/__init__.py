"""What people read: catalogues (ru, en), the shipped and the tenant's own texts, mails, and the templates of pages."""
